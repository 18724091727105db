-- ARGV: member, seconds to live, then segment keys. Gives how often the lesson was reopened, 0 where it is not open.
local member = ARGV[1]
local run, lesson = split(member)
if not live(run) or not open_lesson(run, lesson) then
  return 0
end
local keys, todo, UNDO = P .. ':run:' .. run .. ':keys', P .. ':todo:' .. member, COUNTS
for i = 3, #ARGV do
  local key = ARGV[i]
  local mark = redis.call('HGET', keys, key)
  if not mark then
    count(run, 'segments', 1)
  elseif UNDO[mark] then
    count(run, UNDO[mark], -1)
  end
  redis.call('HSET', keys, key, '')
  redis.call('SADD', todo, key)
  redis.call('SADD', P .. ':want:' .. key, member)
  redis.call('EXPIRE', P .. ':want:' .. key, ARGV[2])
end
redis.call('EXPIRE', keys, ARGV[2])
redis.call('EXPIRE', todo, ARGV[2])
redis.call('ZREM', P .. ':ready', member)
redis.call('DEL', P .. ':begun:' .. member)
local times = redis.call('INCR', P .. ':reopened:' .. member)
redis.call('EXPIRE', P .. ':reopened:' .. member, ARGV[2])
return times
