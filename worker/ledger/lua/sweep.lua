-- ARGV: attempts allowed, '1' if messages already wait in the assemble queue, how many to take at most, for how many
-- milliseconds a producer may be silent while it submits.
-- Gives {suspects' jobs, other jobs due, lessons due}. What is handed out stays here until it is heard of again.
local limit, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local now = millis()
local alone, others, lessons = {}, {}, {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. ':submitting', '-inf', now - ARGV[4])) do
  cancel_run(run)
end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', P .. ':jobs', '-inf', now, 'LIMIT', 0, most)) do
  local name = P .. ':job:' .. key
  local h = redis.call('HMGET', name, 'token', 'job', 'alone', 'sent')
  local going = h[2] and wanted(key)
  if not going then
    forget_job(key)
  elseif h[1] ~= '' then -- its worker died or hangs
    redis.call('HSET', name, 'sent', 0)
    h[3], h[4] = '1', 0
    going = suspect(key, limit, 'crashed the worker ' .. limit .. ' times while rendered alone')
  end
  if going then
    local sent = tonumber(h[4] or 0)
    redis.call('HSET', name, 'sent', sent + 1)
    park(key, now + RESEND * 2 ^ math.min(sent, 7)) -- a long queue is not filled with copies
    local list = h[3] == '1' and alone or others
    list[#list + 1] = h[2]
  end
end
-- While messages wait, only lessons whose message was never sent are due: the others' are probably among them.
local latest = ARGV[2] == '1' and 0 or now
for _, member in ipairs(redis.call('ZRANGEBYSCORE', P .. ':ready', '-inf', latest, 'LIMIT', 0, most)) do
  local run, lesson = split(member)
  local message = live(run) and open_lesson(run, lesson)
  if message then
    redis.call('ZADD', P .. ':ready', now + RESEND, member)
    lessons[#lessons + 1] = message
  else
    redis.call('ZREM', P .. ':ready', member)
  end
end
return { alone, others, lessons }
