-- ARGV: listener, its seconds to live, seconds to live of what it wants, then key, bundle, job, key, bundle, job ...
-- A worker that is in the middle of a batch takes the job from the urgent list; an idle one gets it from its queue.
redis.call('SET', P .. ':listener:' .. ARGV[1], '1', 'EX', ARGV[2])
for i = 4, #ARGV, 3 do
  local want, urgent = P .. ':want:' .. ARGV[i], P .. ':urgent:' .. ARGV[i + 1]
  redis.call('SADD', want, '@/' .. ARGV[1])
  redis.call('EXPIRE', want, ARGV[3])
  redis.call('ZADD', urgent, 'NX', micros() + i, ARGV[i + 2]) -- in the order given
  redis.call('EXPIRE', urgent, ARGV[3])
end
return 1
