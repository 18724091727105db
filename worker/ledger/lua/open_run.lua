-- ARGV: run, summary, seconds to live. Gives the submission time, or '' where the run is known already.
local name = P .. ':run:' .. ARGV[1]
local h = redis.call('HMGET', name, 'state', 'lessons', 'summary', 'submitted')
if h[1] then -- a repeated call whose first answer was lost is answered again
  return h[1] == 'submitting' and h[2] == '0' and h[3] == ARGV[2] and h[4] or ''
end
local now = micros()
local last = tonumber(redis.call('GET', P .. ':clock') or 0)
if now <= last then
  now = last + 1
end
local submitted = string.format('%.0f', now)
redis.call('SET', P .. ':clock', submitted)
redis.call('HSET', name, 'state', 'submitting', 'submitted', submitted, 'summary', ARGV[2], 'lessons', 0,
  'lessons_done', 0, 'lessons_failed', 0, 'segments', 0, 'rendered', 0, 'reused', 0, 'failed', 0,
  'audio_ms', 0, 'cpu_ms', 0)
redis.call('EXPIRE', name, ARGV[3])
redis.call('ZADD', P .. ':submitting', millis(), ARGV[1])
redis.call('ZADD', P .. ':runs', submitted, ARGV[1])
redis.call('ZREMRANGEBYSCORE', P .. ':runs', '-inf', string.format('%.0f', now - ARGV[3] * 1000000))
redis.call('EXPIRE', P .. ':runs', ARGV[3])
return submitted
