-- ARGV: run. Gives 1 where it was still going on. Its members leave the want sets as they are met.
local name = P .. ':run:' .. ARGV[1]
if not live(ARGV[1]) then
  return 0
end
redis.call('HSET', name, 'state', 'cancelled')
for _, lesson in ipairs(redis.call('HKEYS', name .. ':lessons')) do
  redis.call('DEL', P .. ':todo:' .. ARGV[1] .. '/' .. lesson)
end
redis.call('DEL', name .. ':keys', name .. ':lessons')
return 1
