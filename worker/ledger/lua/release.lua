-- ARGV: how ('later' or 'suspect'), reason, delay in ms, limit, voice version, then key, token ...
-- later: queued again after the delay, doubled with every time; given up after limit times (0: never). Times do not
-- count while some worker renders segments of the same version of the voice.
-- suspect: queued again alone; given up after limit times alone.
local how, reason, delay, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = millis()
local able = ARGV[5] ~= '' and redis.call('EXISTS', P .. ':able:' .. ARGV[5]) == 1
for i = 6, #ARGV, 2 do
  local key = ARGV[i]
  local job = P .. ':job:' .. key
  if redis.call('HGET', job, 'token') == ARGV[i + 1] then
    if how == 'suspect' then
      if suspect(key, limit, reason) then
        park(key, now)
      end
    else
      local tries = reason ~= '' and not able and redis.call('HINCRBY', job, 'tries', 1) or 0
      if limit > 0 and tries >= limit then
        give_up(key, reason)
      else
        park(key, now + delay * 2 ^ math.min(math.max(tries - 1, 0), 4))
      end
    end
  end
end
return 1
