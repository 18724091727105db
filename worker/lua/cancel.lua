-- ARGV: run. Gives 1 where it was still going on. Its members leave the want sets as they are met.
local run = ARGV[1]
local name = P .. ':run:' .. run
if not live(run) then
  return 0
end
redis.call('HSET', name, 'state', 'cancelled')
for _, lesson in ipairs(redis.call('HKEYS', name .. ':lessons')) do
  local member, message = run .. '/' .. lesson, open_lesson(run, lesson)
  if message then
    leave(run, lesson, message)
  end
  redis.call('DEL', P .. ':todo:' .. member, P .. ':reopened:' .. member, P .. ':begun:' .. member)
  redis.call('ZREM', P .. ':ready', member)
end
redis.call('DEL', name .. ':keys', name .. ':lessons')
return 1
