-- ARGV: run. Gives 0 where the run is gone.
local name = P .. ':run:' .. ARGV[1]
local state = state_of(ARGV[1])
if not state then
  return 0
end
redis.call('ZREM', P .. ':submitting', ARGV[1])
if state == 'submitting' then
  redis.call('HSET', name, 'state', 'running')
  close_run(ARGV[1])
end
return 1
