-- ARGV: run, course/lesson, message, seconds to live, '1' with the last part, then segment keys.
-- Long lessons come in parts; '-' holds the todo set open until the last. Gives 0 where the run is gone.
local run, lesson, message, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local name, member = P .. ':run:' .. run, ARGV[1] .. '/' .. ARGV[2]
if not state_of(run) then
  return 0
end
if not live(run) then
  return 1
end
redis.call('ZADD', P .. ':submitting', 'XX', millis(), run)
local lessons, keys, todo = name .. ':lessons', name .. ':keys', P .. ':todo:' .. member
if redis.call('HSETNX', lessons, lesson, message) == 1 then
  count(run, 'lessons', 1)
  redis.call('EXPIRE', lessons, ttl)
  redis.call('SADD', todo, '-')
  redis.call('EXPIRE', todo, ttl)
end
for i = 6, #ARGV do
  local key = ARGV[i]
  local mark = redis.call('HGET', keys, key)
  if not mark then
    redis.call('HSET', keys, key, '')
    count(run, 'segments', 1)
    mark = ''
  end
  if mark == '' then
    redis.call('SADD', todo, key)
    redis.call('EXPIRE', todo, ttl)
    redis.call('SADD', P .. ':want:' .. key, member)
    redis.call('EXPIRE', P .. ':want:' .. key, ttl)
  elseif mark == 'F' then
    end_lesson(member, '-')
    note_failure(member, key, 'given up earlier in this run')
  end
end
redis.call('EXPIRE', keys, ttl)
if ARGV[5] == '1' and redis.call('SREM', todo, '-') == 1 and redis.call('SCARD', todo) == 0 then
  redis.call('ZADD', P .. ':ready', 0, member)
end
return 1
