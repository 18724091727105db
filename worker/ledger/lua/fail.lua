-- ARGV: key, token, reason. Only the holder of the lease may give a segment up.
if redis.call('HGET', P .. ':job:' .. ARGV[1], 'token') == ARGV[2] then
  give_up(ARGV[1], ARGV[3])
end
return 1
