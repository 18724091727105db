-- ARGV: key, token, outcome ('R' or 'U'), audio ms, cpu ms, key ... Gives the messages of lessons that became ready.
-- The object is stored, and that is the truth, whoever holds the lease. Of several runs that wait for a segment the
-- oldest is told that it was rendered for it, the others that it was reused.
local ready, runs = {}, {}
local now = millis()
for i = 1, #ARGV, 5 do
  local key, token, mark = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local want = P .. ':want:' .. key
  local waiting, oldest, first = {}, nil, nil
  local members = redis.call('SMEMBERS', want)
  tell(members, key, '')
  for _, member in ipairs(members) do
    local run, lesson = split(member)
    if live(run) then
      if not waiting[run] then
        waiting[run] = true
        local submitted = tonumber(redis.call('HGET', P .. ':run:' .. run, 'submitted'))
        if not oldest or submitted < oldest then
          oldest, first = submitted, run
        end
      end
      local todo = P .. ':todo:' .. member
      if redis.call('SREM', todo, key) == 1 and redis.call('SCARD', todo) == 0 then
        local message = open_lesson(run, lesson)
        if message then
          redis.call('ZADD', P .. ':ready', now + RESEND, member)
          ready[#ready + 1] = message
        end
      end
    end
  end
  for run in pairs(waiting) do
    local rendered = run == first and mark == 'R'
    if settle(run, key, rendered and 'R' or 'U') and rendered then
      count(run, 'audio_ms', ARGV[i + 3])
      count(run, 'cpu_ms', ARGV[i + 4])
    end
    runs[run] = true
  end
  redis.call('DEL', want)
  local holder = redis.call('HGET', P .. ':job:' .. key, 'token')
  if holder == token or holder == '' then
    forget_job(key)
  end
end
for run in pairs(runs) do
  close_run(run)
end
return ready
