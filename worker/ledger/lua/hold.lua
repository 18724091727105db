-- ARGV: member, milliseconds, change of the count of beginnings, its limit, seconds to live.
-- Is this lesson still to be assembled? If so its message is not sent again meanwhile.
local member, change = ARGV[1], tonumber(ARGV[3])
if not redis.call('ZSCORE', P .. ':ready', member) or not live(split(member)) then
  return 0
end
if change ~= 0 then
  local begun = redis.call('INCRBY', P .. ':begun:' .. member, change)
  redis.call('EXPIRE', P .. ':begun:' .. member, ARGV[5])
  if change > 0 and begun > tonumber(ARGV[4]) then
    note_failure(member, '', 'its assembly took the worker down ' .. ARGV[4] .. ' times')
    end_lesson(member, '-')
    close_run((split(member)))
    return 0
  end
end
redis.call('ZADD', P .. ':ready', millis() + tonumber(ARGV[2]), member)
return 1
