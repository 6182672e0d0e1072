#include "native/store/redis_script.h"

namespace orthink::redis_script {

const char* const kApply = R"lua(
local epoch_key, rows_key, created_key, open_key, due_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local counters_key, rates_key, marks_key = KEYS[6], KEYS[7], KEYS[8]
local documents_key, names_key, expiry_key, accounts_key = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local FIRST_JOURNAL = 13
local EXACT_MAX = 9007199254740991
local KEPT_AFTER_EXPIRY_US = 86400000000
local PURGED_AT_ONCE = 8
local AT_ONCE = 1000
local NO_DUE = '-'
local IS_OPEN = {['1'] = true, ['2'] = true, ['5'] = true}

local taken = 0
local function take()
  taken = taken + 1
  return ARGV[taken]
end
local function number() return tonumber(take()) end
local function decimal(n) return string.format('%.0f', n) end

-- The values of a hash as the batch sees them now: those of the keys of the next `count` lines of `width` words each.
local NONE = {seen = {}, order = {}}
local function read(hash, count, width)
  if count == 0 then return NONE end
  local values = {hash = hash, seen = {}, order = {}, is_changed = {}}
  local first = 1
  while first <= count do
    local keys = {}
    for i = first, math.min(count, first + AT_ONCE - 1) do keys[#keys + 1] = ARGV[taken + 1 + (i - 1) * width] end
    for i, value in ipairs(redis.call('HMGET', hash, unpack(keys))) do
      values.seen[keys[i]] = value
    end
    first = first + AT_ONCE
  end
  return values
end
local function put(values, key, value)
  if values.seen[key] == value then return end
  values.seen[key] = value
  if not values.is_changed[key] then
    values.is_changed[key] = true
    values.order[#values.order + 1] = key
  end
end
local function keep(values)
  local words = {}
  for i, key in ipairs(values.order) do
    words[#words + 1] = key
    words[#words + 1] = values.seen[key]
    if #words >= AT_ONCE or i == #values.order then
      redis.call('HSET', values.hash, unpack(words))
      words = {}
    end
  end
end

local rows, documents, counters, rates, marks = NONE, NONE, NONE, NONE, NONE
local row_facts, expiries, lines = {}, {}, {}
local reply = {'applied', '', '0', '', '0'}

local function refuse(verdict, key, found)
  reply[1] = verdict
  reply[2] = key
  reply[5] = found or '0'
  return false
end

-- What the batch needs and nobody can read; nothing is written then.
local unreadable = nil
local function broken(what, key, found)
  unreadable = 'ORTHINK the ' .. what .. ' ' .. key .. ' cannot be read: it is "' .. string.sub(found, 1, 60) .. '"'
  return false
end

local function raise_marks()
  local count = number()
  marks = read(marks_key, count, 3)
  for _ = 1, count do
    local key = take()
    local value = number()
    local slack = number()
    local stands = marks.seen[key]
    if stands and not tonumber(stands) then return broken('mark', key, stands) end
    if stands and tonumber(stands) > value + slack then return refuse('clock_behind', key, stands) end
    if not stands or tonumber(stands) < value then put(marks, key, decimal(value)) end
  end
  return true
end

local function write_documents(at)
  local count = number()
  documents = read(documents_key, count, 6)
  for _ = 1, count do
    local key = take()
    local expects = take()
    local expected = take()
    local has_text = take() == '1'
    local text = take()
    local expires = take()
    local packed = documents.seen[key]
    local found = nil
    if packed then
      local line_end = string.find(packed, '\n', 1, true)
      local expires_found = line_end and string.sub(packed, 1, line_end - 1)
      if not line_end or (expires_found ~= '' and not tonumber(expires_found)) then return broken('document', key, packed) end
      if expires_found == '' or tonumber(expires_found) > at then found = string.sub(packed, line_end + 1) end
    end
    if (expects == 'absent' and found) or (expects == 'text' and found ~= expected) then
      reply[4] = found or ''
      return refuse('document_conflict', key)
    end
    put(documents, key, has_text and (expires .. '\n' .. text))
    expiries[key] = expires
  end
  return true
end

local function write_rows()
  local count = number()
  rows = read(rows_key, count, 7)
  for _ = 1, count do
    local key = take()
    local from = take()
    local to = take()
    local is_open = take() == '1'
    local created = take()
    local due = take()
    local rest = take()
    local found = rows.seen[key]
    local state, due_found = '0', NO_DUE
    if found then state, created, due_found = string.match(found, '^(%d) (%-?%d+) (%S+) ') end
    if not state then return broken('row', key, found) end
    if not string.find(from, state, 1, true) then
      reply[3] = state
      return refuse('row_conflict', key)
    end
    put(rows, key, to .. ' ' .. created .. ' ' .. rest)
    local facts = row_facts[key]
    if not facts then
      facts = {is_new = not found, created = created, was_open = found and IS_OPEN[state], was_due = due_found}
      row_facts[key] = facts
    end
    facts.is_open = is_open
    facts.due = due
  end
  return true
end

local function add()
  local count = number()
  counters = read(counters_key, count, 3)
  for _ = 1, count do
    local key = take()
    local addition = number()
    local limit = take()
    local before = counters.seen[key] or '0'
    if not tonumber(before) then return broken('counter', key, before) end
    local after = tonumber(before) + addition
    local is_over = limit ~= '' and after > tonumber(limit)
    if is_over or after > EXACT_MAX or after < -EXACT_MAX then return refuse('guard_failed', key, before) end
    put(counters, key, decimal(after))
  end
  return true
end

local function update_rates(at)
  local count = number()
  rates = read(rates_key, count, 3)
  for _ = 1, count do
    local key = take()
    local cost = number()
    local tolerance = number()
    local stands = rates.seen[key]
    if stands and not tonumber(stands) then return broken('rate', key, stands) end
    local ahead = math.max(stands and (tonumber(stands) - at) or 0, 0) + cost
    if cost > 0 and ahead > tolerance then return refuse('rate_limited', key, decimal(ahead - tolerance)) end
    put(rates, key, decimal(at + ahead))
  end
  return true
end

local function take_journal()
  for i = 1, number() do
    local account = take()
    lines[i] = {account = account, text = take()}
  end
end

local function keep_documents()
  for _, key in ipairs(documents.order) do
    local packed = documents.seen[key]
    if packed then
      redis.call('HSET', documents_key, key, packed)
      redis.call('ZADD', names_key, '0', key)
    else
      redis.call('HDEL', documents_key, key)
      redis.call('ZREM', names_key, key)
    end
    if packed and expiries[key] ~= '' then
      redis.call('ZADD', expiry_key, expiries[key], key)
    else
      redis.call('ZREM', expiry_key, key)
    end
  end
end

local function keep_rows()
  keep(rows)
  for _, key in ipairs(rows.order) do
    local facts = row_facts[key]
    if facts.is_new then redis.call('ZADD', created_key, facts.created, key) end
    if facts.is_open and not facts.was_open then
      redis.call('ZADD', open_key, facts.created, key)
    elseif facts.was_open and not facts.is_open then
      redis.call('ZREM', open_key, key)
    end
    if facts.due ~= '' then
      redis.call('ZADD', due_key, facts.due, key)
    elseif facts.was_due ~= NO_DUE then
      redis.call('ZREM', due_key, key)
    end
  end
end

local function keep_journal()
  for i, line in ipairs(lines) do
    local length = redis.call('RPUSH', KEYS[FIRST_JOURNAL - 1 + i], line.text)
    if length == 1 then redis.call('SADD', accounts_key, line.account) end
  end
end

local function purge(at)
  local expired = redis.call('ZRANGEBYSCORE', expiry_key, '-inf', decimal(at - KEPT_AFTER_EXPIRY_US), 'LIMIT', 0, PURGED_AT_ONCE)
  for _, key in ipairs(expired) do
    redis.call('HDEL', documents_key, key)
    redis.call('ZREM', names_key, key)
    redis.call('ZREM', expiry_key, key)
  end
end

local function keep_all(at)
  keep(marks)
  keep(counters)
  keep(rates)
  keep_rows()
  keep_journal()
  if #documents.order > 0 then
    keep_documents()
    purge(at)
  end
end

local epoch = take()
if redis.call('GET', epoch_key) ~= epoch then return {'unavailable', '', '0', '', '0'} end
local at = number()
local reads = {}
for i = 1, number() do reads[i] = take() end
if raise_marks() and write_documents(at) and write_rows() and add() and update_rates(at) then
  take_journal()
  keep_all(at)
end
if unreadable then return {err = unreadable} end
local is_applied = reply[1] == 'applied'
for _, key in ipairs(reads) do
  local value = is_applied and counters.seen[key]
  reply[#reply + 1] = value or redis.call('HGET', counters_key, key) or '0'
end
return reply
)lua";

const char* const kClaim = R"lua(
if ARGV[2] == '1' and redis.call('EXISTS', unpack(KEYS)) == 0 then
  redis.call('SET', KEYS[1], ARGV[3])
  redis.call('SET', KEYS[2], ARGV[1])
end
return redis.call('GET', KEYS[1]) or ''
)lua";

const char* const kAccept = R"lua(
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
)lua";

const char* const kReadRows = R"lua(
local keys
if ARGV[1] == 'range' then
  keys = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], ARGV[3])
else
  local first
  if ARGV[3] == '' then
    first = redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. ARGV[2])
  else
    first = redis.call('ZRANK', KEYS[2], ARGV[3]) + 1
  end
  keys = redis.call('ZRANGE', KEYS[2], first, first + tonumber(ARGV[4]) - 1)
end
local answer = {}
for _, key in ipairs(keys) do
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', KEYS[1], key)
end
return answer
)lua";

const char* const kReadDocuments = R"lua(
local answer = {}
for _, key in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2])) do
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', KEYS[2], key)
end
return answer
)lua";

}  // namespace orthink::redis_script
