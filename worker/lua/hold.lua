-- ARGV: member, milliseconds. Is this lesson still to be assembled? If so its message is not sent again meanwhile.
if not redis.call('ZSCORE', P .. ':ready', ARGV[1]) or not live(split(ARGV[1])) then
  return 0
end
redis.call('ZADD', P .. ':ready', millis() + tonumber(ARGV[2]), ARGV[1])
return 1
