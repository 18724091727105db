-- Shared by every script of the ledger, which puts this text in front of its own.
--
-- KEYS[1] is the namespace's prefix: all keys start with it, and its braces keep them in one cluster slot.
--   <P>:run:<run>            hash: state, submitted, counts, summary
--   <P>:run:<run>:keys       hash: segment key -> '' (to do), 'R' (rendered), 'U' (reused), 'F' (given up)
--   <P>:run:<run>:lessons    hash: course/lesson -> its assemble message while open, then '+' or '-'
--   <P>:run:<run>:failures   list of JSON
--   <P>:run:<run>:left       hash: course/lesson -> the assemble message of a lesson given up or cut off, for a retry
--   <P>:submitting           sorted set: run -> when its producer was last heard of, until it is sealed
--   <P>:able:<version>       a worker renders segments of this version of a voice
--   <P>:runs                 sorted set: run -> when it was submitted, in microseconds
--   <P>:todo:<member>        set: the segment keys a lesson still waits for; a member is run/course/lesson
--   <P>:want:<key>           set: the members that wait for a segment
--   <P>:job:<key>            hash: the job while it is leased (token) or parked (no token) until it is queued again
--   <P>:jobs                 sorted set: segment key -> when its lease expires, or when it is due to be queued
--   <P>:totals               hash of counts for ever: quarantined, cache_hits, cache_misses
--   <P>:listener:<id>        string: a process in which somebody waits for segments; its member of want sets is @/<id>
--   <P>:told:<id>            list of JSON: segments that such a process waited for, stored or given up
--   <P>:urgent:<bundle>      sorted set: jobs that somebody waits for -> since when
--   <P>:ready                sorted set: member -> when its assemble message is due to be sent (again); 0 is never sent
-- A member holds no slash but its two; times are milliseconds of Redis TIME.

local P = KEYS[1]
local RESEND = 20000 -- a message unheard of for this long is sent again

local function micros()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function millis()
  return math.floor(micros() / 1000)
end

local function split(member)
  return string.match(member, '^([^/]+)/(.+)$')
end

local states = {}
local function state_of(run)
  if states[run] == nil then
    states[run] = redis.call('HGET', P .. ':run:' .. run, 'state')
  end
  return states[run]
end

local function live(run)
  local state = state_of(run)
  return state == 'running' or state == 'submitting'
end

local function listening(member)
  local kind, listener = split(member)
  return kind == '@' and redis.call('EXISTS', P .. ':listener:' .. listener) == 1
end

-- Tells the listeners among the members that a segment is stored (no reason), or given up.
local function tell(members, key, reason)
  for _, member in ipairs(members) do
    if listening(member) then
      local told = P .. ':told:' .. select(2, split(member))
      redis.call('RPUSH', told, cjson.encode({ key = key, reason = reason }))
      redis.call('EXPIRE', told, 60)
    end
  end
end

-- Does any live run or listener wait for this segment? Members of those that ended are taken out on the way.
local function wanted(key)
  local want = P .. ':want:' .. key
  for _, member in ipairs(redis.call('SMEMBERS', want)) do
    if live(split(member)) or listening(member) then
      return true
    end
    redis.call('SREM', want, member)
  end
  return false
end

local function count(run, field, by)
  return tonumber(redis.call('HINCRBY', P .. ':run:' .. run, field, by))
end

-- A sealed run ends when every lesson has ended and every segment is stored or given up.
local function close_run(run)
  local name = P .. ':run:' .. run
  local h = redis.call('HMGET', name, 'state', 'lessons', 'lessons_done', 'lessons_failed',
    'segments', 'rendered', 'reused', 'failed')
  if h[1] ~= 'running' then
    return
  end
  for i = 2, 8 do
    h[i] = tonumber(h[i] or 0)
  end
  if h[2] == h[3] + h[4] and h[5] == h[6] + h[7] + h[8] then
    redis.call('HSET', name, 'state', (h[4] + h[8] == 0) and 'done' or 'incomplete')
    redis.call('DEL', name .. ':keys', name .. ':lessons')
    states[run] = nil
  end
end

local function open_lesson(run, lesson)
  local message = redis.call('HGET', P .. ':run:' .. run .. ':lessons', lesson)
  if message and message ~= '+' and message ~= '-' then
    return message
  end
end

-- Keeps what is needed to take up a lesson again that its run left undone.
local function leave(run, lesson, message)
  local name = P .. ':run:' .. run
  redis.call('HSET', name .. ':left', lesson, message)
  redis.call('PEXPIRE', name .. ':left', math.max(1, redis.call('PTTL', name)))
end

-- A lesson ends once: '+' assembled, '-' given up.
local function end_lesson(member, mark)
  local run, lesson = split(member)
  redis.call('ZREM', P .. ':ready', member)
  redis.call('DEL', P .. ':reopened:' .. member, P .. ':begun:' .. member)
  local message = open_lesson(run, lesson)
  if message then
    if mark == '-' then
      leave(run, lesson, message)
    end
    redis.call('HSET', P .. ':run:' .. run .. ':lessons', lesson, mark)
    redis.call('DEL', P .. ':todo:' .. member)
    count(run, mark == '+' and 'lessons_done' or 'lessons_failed', 1)
  end
end

-- Nothing more is done for a run. Its members leave the want sets as they are met. False where it had ended.
local function cancel_run(run)
  local name = P .. ':run:' .. run
  redis.call('ZREM', P .. ':submitting', run)
  if not live(run) then
    return false
  end
  redis.call('HSET', name, 'state', 'cancelled')
  states[run] = nil
  for _, lesson in ipairs(redis.call('HKEYS', name .. ':lessons')) do
    local member, message = run .. '/' .. lesson, open_lesson(run, lesson)
    if message then
      leave(run, lesson, message)
    end
    redis.call('DEL', P .. ':todo:' .. member, P .. ':reopened:' .. member, P .. ':begun:' .. member)
    redis.call('ZREM', P .. ':ready', member)
  end
  redis.call('DEL', name .. ':keys', name .. ':lessons')
  return true
end

local function note_failure(member, key, reason)
  local run, lesson = split(member)
  local name = P .. ':run:' .. run
  local course, id = split(lesson)
  redis.call('RPUSH', name .. ':failures',
    cjson.encode({ course = course, lesson = id, key = key, reason = reason }))
  local ttl = redis.call('PTTL', name)
  if ttl > 0 then
    redis.call('PEXPIRE', name .. ':failures', ttl)
  end
end

-- Takes a segment off a run's list, once: mark is 'R', 'U' or 'F'. False where it was off already.
local COUNTS = { R = 'rendered', U = 'reused', F = 'failed' }
local function settle(run, key, mark)
  local keys = P .. ':run:' .. run .. ':keys'
  if redis.call('HGET', keys, key) ~= '' then
    return false
  end
  redis.call('HSET', keys, key, mark)
  count(run, COUNTS[mark], 1)
  return true
end

local function forget_job(key)
  redis.call('ZREM', P .. ':jobs', key)
  redis.call('DEL', P .. ':job:' .. key)
end

-- Gives a segment up, for every lesson that waits for it.
local function give_up(key, reason)
  redis.call('HINCRBY', P .. ':totals', 'quarantined', 1)
  local want = P .. ':want:' .. key
  local runs, members = {}, redis.call('SMEMBERS', want)
  tell(members, key, reason)
  for _, member in ipairs(members) do
    local run = split(member)
    if live(run) then
      runs[run] = true
      settle(run, key, 'F')
      end_lesson(member, '-')
      note_failure(member, key, reason)
    end
  end
  redis.call('DEL', want)
  forget_job(key)
  for run in pairs(runs) do
    close_run(run)
  end
end

-- Keeps a job without a lease, until a sweep queues it at the given time.
local function park(key, due)
  redis.call('HSET', P .. ':job:' .. key, 'token', '')
  redis.call('ZADD', P .. ':jobs', due, key)
end

-- A job took its process down, or raised what nobody foresaw. In a batch any of its mates may be to blame, so each
-- comes back alone; only what happens while alone counts. False where the job was given up.
local function suspect(key, limit, reason)
  local job = P .. ':job:' .. key
  if redis.call('HGET', job, 'alone') == '1' then
    if redis.call('HINCRBY', job, 'attempts', 1) >= limit then
      give_up(key, reason)
      return false
    end
  else
    redis.call('HSET', job, 'alone', '1')
  end
  return true
end
