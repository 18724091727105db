-- ARGV: milliseconds, then key, token ... Gives the keys that are still held by their token.
local expiry = millis() + tonumber(ARGV[1])
local ours = {}
for i = 2, #ARGV, 2 do
  if redis.call('HGET', P .. ':job:' .. ARGV[i], 'token') == ARGV[i + 1] then
    redis.call('ZADD', P .. ':jobs', expiry, ARGV[i])
    ours[#ours + 1] = ARGV[i]
  end
end
return ours
