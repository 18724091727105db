-- ARGV: listener, then key, bundle, job, key, bundle, job ... Settled, or nobody waits for them here any more.
for i = 2, #ARGV, 3 do
  redis.call('SREM', P .. ':want:' .. ARGV[i], '@/' .. ARGV[1])
  redis.call('ZREM', P .. ':urgent:' .. ARGV[i + 1], ARGV[i + 2])
end
return 1
