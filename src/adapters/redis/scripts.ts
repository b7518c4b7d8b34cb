/**
 * The steps that must be atomic, in Lua. All keys of a partition are in one hash slot. What they keep:
 *
 * | key      | what                                                                                  |
 * |----------|---------------------------------------------------------------------------------------|
 * | `meta`   | hash: `token` (the claim), `topic` (the id of the topic that all of this is of), `passed` (progress), `newest` (last visible offset), `floor` (where the window was last reset; visible offsets are above it), `epoch` (which reset) |
 * | `stream` | the window: entry id `<offset + 1>-0` (0-0 is no id), `p` = visible offset before it, `f` = frame |
 * | `id:…`   | offset of an idempotent event, until it expires                                       |
 *
 * Numbers stay below 2^53, where Lua's doubles are exact; `%.0f` writes them without an exponent.
 */

/** KEYS meta. → token, passed or nil, topic or nil. By the server's clock, so that it grows over a wipe too. */
export const CLAIM = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local old = tonumber(redis.call('HGET', KEYS[1], 'token')) or 0
local token = string.format('%.0f', math.max(old + 1, now))
redis.call('HSET', KEYS[1], 'token', token)
return { token, redis.call('HGET', KEYS[1], 'passed'), redis.call('HGET', KEYS[1], 'topic') }
`;

/**
 * KEYS meta, stream. ARGV token, passed, topic or ''. → RESET or FENCED. The epoch changes with the token, so that
 * the ids of a topic's former life drop nothing of its next one.
 */
export const RESET = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'FENCED' end
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[1], 'newest')
redis.call('HSET', KEYS[1], 'passed', ARGV[2], 'floor', ARGV[2], 'epoch', ARGV[1], 'topic', ARGV[3])
return 'RESET'
`;

/**
 * KEYS meta, stream. ARGV token, after, through, window, id ttl (ms), channel, id key prefix,
 * frames and places of the events, as `frame.ts` writes them. → status, duplicates or passed.
 */
export const RELAY = `
local meta = redis.call('HMGET', KEYS[1], 'token', 'passed', 'newest', 'floor', 'epoch', 'topic')
-- D9: a claim by another, or a wipe, ends this relay's right to write.
if meta[1] ~= ARGV[1] or not meta[2] then return { 'FENCED', '0' } end
local passed = tonumber(meta[2])
if tonumber(ARGV[2]) > passed then return { 'GAP', meta[2] } end
local before = meta[3] or meta[4] or meta[2]
local ids = ARGV[7] .. (meta[5] or '') .. ':'
local head = 'E' .. (meta[6] or '') .. ' '
local duplicates, parts, size, prev = 0, {}, 0, before
local function publish()
  if #parts > 0 then redis.call('PUBLISH', ARGV[6], head .. prev .. '\\n' .. table.concat(parts)) end
  parts, size, prev = {}, 0, before
end
local frames, places, at, place = ARGV[8], ARGV[9], 1, 1
while place <= #places do
  local number, length, idLength, idAt = struct.unpack('>dI4I4', places, place)
  local offset, id = string.format('%.0f', number), string.sub(places, idAt, idAt + idLength - 1)
  local start = at
  at, place = at + length, idAt + idLength
  local new = number > passed
  if new and id ~= '' and not redis.call('SET', ids .. id, offset, 'NX', 'PX', ARGV[5]) then
    new = redis.call('GET', ids .. id) == offset
  end
  if new then
    local frame = string.sub(frames, start, at - 1)
    redis.call('XADD', KEYS[2], string.format('%.0f-0', number + 1), 'p', before, 'f', frame)
    parts[#parts + 1] = frame
    size = size + length
    before = offset
    -- A subscriber's output buffer is bounded by Redis: one message must not fill it.
    if size > 524288 then publish() end
  else
    duplicates = duplicates + 1
  end
end
publish()
if #places > 0 then redis.call('XTRIM', KEYS[2], 'MAXLEN', '~', ARGV[4]) end
redis.call('HSET', KEYS[1], 'passed', tonumber(ARGV[3]) > passed and ARGV[3] or meta[2])
if before ~= (meta[3] or meta[4] or meta[2]) then redis.call('HSET', KEYS[1], 'newest', before) end
return { 'RELAYED', tostring(duplicates) }
`;

/**
 * KEYS meta, stream. ARGV after, through, topic or ''. → nil, or the frames in (after, through] once it is
 * proven that none is missing: they are of this topic, progress has reached `through`, and what comes first
 * after `after` follows it.
 */
export const WINDOW = `
local meta = redis.call('HMGET', KEYS[1], 'passed', 'newest', 'floor', 'topic')
local after, through = tonumber(ARGV[1]), tonumber(ARGV[2])
if not meta[1] or tonumber(meta[1]) < through or (meta[4] or '') ~= ARGV[3] then return false end
local function id(offset) return string.format('%.0f-0', math.max(offset + 1, 0)) end
local function prev(entry) return tonumber(entry[2][2]) end
local entries = redis.call('XRANGE', KEYS[2], id(after + 1), id(through))
if #entries == 0 then
  local newest = tonumber(meta[2] or meta[3])
  if newest and newest <= after then return {} end
  local following = redis.call('XRANGE', KEYS[2], id(through + 1), '+', 'COUNT', 1)[1]
  if following and prev(following) <= after then return {} end
  return false
end
if prev(entries[1]) > after then return false end
local frames = {}
for i, entry in ipairs(entries) do frames[i] = entry[2][4] end
return frames
`;

/** KEYS key. ARGV expected, value, ttl (ms) or ''. → 1 when it was set. */
export const REPLACE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`;
