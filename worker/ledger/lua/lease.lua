-- ARGV: token, milliseconds, '1' if alone, seconds to live, then key, job, key, job ... Gives the keys granted.
local token, alone = ARGV[1], ARGV[3]
local expiry = millis() + tonumber(ARGV[2])
local granted = {}
for i = 5, #ARGV, 2 do
  local key = ARGV[i]
  local job = P .. ':job:' .. key
  local held = redis.call('HMGET', job, 'token', 'alone')
  local free = not held[1] or held[1] == '' or held[1] == token -- ours: a repeated call
  local fit = held[2] ~= '1' or alone == '1' -- a suspect is not let into a batch
  if free and fit and wanted(key) then
    redis.call('HSET', job, 'token', token, 'job', ARGV[i + 1], 'alone', alone, 'sent', 0)
    redis.call('EXPIRE', job, ARGV[4])
    redis.call('ZADD', P .. ':jobs', expiry, key)
    granted[#granted + 1] = key
  end
end
return granted
