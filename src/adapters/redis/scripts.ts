/**
 * The atomic steps of the fan-out and the state store, in Lua. All keys of a partition are in one hash slot:
 *
 * | key      | type   | content                                                                    |
 * |----------|--------|----------------------------------------------------------------------------|
 * | `meta`   | hash   | the fields below                                                           |
 * | `stream` | stream | the window: entry id `<offset + 1>-0` (Redis forbids the id 0-0), `p` = the visible offset before it, `f` = its frame |
 * | `id:…`   | string | the offset of an idempotent event, until it expires                        |
 *
 * | field of `meta` | content                                                                      |
 * |-----------------|------------------------------------------------------------------------------|
 * | `token`         | the current claim (D9)                                                       |
 * | `topic`         | the id of the topic that everything here belongs to; empty when unknown      |
 * | `passed`        | the progress: every offset up to here is relayed or skipped                  |
 * | `newest`        | the newest visible offset; missing until the first event after a reset       |
 * | `floor`         | the progress at the last reset; visible offsets are above it                 |
 * | `epoch`         | the token of the last reset; part of each `id:…` key                         |
 *
 * Numbers stay below 2^53, where Lua's doubles are exact; `%.0f` prints them without an exponent.
 */

/**
 * Takes the right to write. KEYS meta. → token, passed or nil, topic or nil.
 *
 * The token comes from the server's clock, so that it grows even when a wipe has deleted the old one. A relay that
 * held the partition before the wipe therefore never holds the token of a later claim.
 */
export const CLAIM = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local old = tonumber(redis.call('HGET', KEYS[1], 'token')) or 0
local token = string.format('%.0f', math.max(old + 1, now))
redis.call('HSET', KEYS[1], 'token', token)
return { token, redis.call('HGET', KEYS[1], 'passed'), redis.call('HGET', KEYS[1], 'topic') }
`;

/**
 * Clears the window and sets the progress. KEYS meta, stream. ARGV token, passed, topic or ''. → RESET or FENCED.
 *
 * The epoch changes with each reset, because idempotent ids outlive it: the ids of a deleted topic must not make the
 * recreated topic's events look like duplicates.
 */
export const RESET = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'FENCED' end
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[1], 'newest')
redis.call('HSET', KEYS[1], 'passed', ARGV[2], 'floor', ARGV[2], 'epoch', ARGV[1], 'topic', ARGV[3])
return 'RESET'
`;

/**
 * Relays one chunk of a partition. KEYS meta, stream. ARGV token, after, through, window (events), id ttl (ms),
 * channel, prefix of id keys, frames and their index as `frame.ts` writes them.
 * → RELAYED and the number of duplicates; GAP and `passed`; or FENCED.
 *
 * Safe to repeat after a lost answer: the second run finds its events at or below `passed`. Progress, window and
 * publication change in one step, so a relay that dies before or after it leaves nothing half done.
 *
 * Race, claim against late write: relay A is paused with a RELAY on its way, B claims the partition (new token) and
 * relays past A, then A's RELAY arrives. Its token is not the one in `meta`, so it is FENCED and writes nothing.
 * Race, wipe: Redis is emptied while a relay works. `passed` is gone, so the next RELAY is FENCED, the relay claims
 * again and resets. Without that check it would set a progress without a window.
 */
export const RELAY = `
local meta = redis.call('HMGET', KEYS[1], 'token', 'passed', 'newest', 'floor', 'epoch', 'topic')
-- D9: another relay's claim, or a wipe, has ended this relay's right to write.
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
local frames, index, frameAt, entryAt = ARGV[8], ARGV[9], 1, 1
while entryAt <= #index do
  local number, length, idLength, idAt = struct.unpack('>dI4I4', index, entryAt)
  local offset, id = string.format('%.0f', number), string.sub(index, idAt, idAt + idLength - 1)
  local start = frameAt
  frameAt, entryAt = frameAt + length, idAt + idLength
  local new = number > passed
  -- D1: an id that is known at this very offset is this event itself, not a duplicate of it.
  if new and id ~= '' and not redis.call('SET', ids .. id, offset, 'NX', 'PX', ARGV[5]) then
    new = redis.call('GET', ids .. id) == offset
  end
  if new then
    local frame = string.sub(frames, start, frameAt - 1)
    redis.call('XADD', KEYS[2], string.format('%.0f-0', number + 1), 'p', before, 'f', frame)
    parts[#parts + 1] = frame
    size = size + length
    before = offset
    -- Redis limits a subscriber's output buffer: one message must not fill it.
    if size > 524288 then publish() end
  else
    duplicates = duplicates + 1
  end
end
publish()
if #index > 0 then redis.call('XTRIM', KEYS[2], 'MAXLEN', '~', ARGV[4]) end
redis.call('HSET', KEYS[1], 'passed', tonumber(ARGV[3]) > passed and ARGV[3] or meta[2])
if before ~= (meta[3] or meta[4] or meta[2]) then redis.call('HSET', KEYS[1], 'newest', before) end
return { 'RELAYED', tostring(duplicates) }
`;

/** On a Cluster: what SPUBLISH publishes stays on the servers that have the slot of the key and of the channel. */
export const RELAY_SHARDED = RELAY.replace("'PUBLISH'", "'SPUBLISH'");

/**
 * Reads the window. KEYS meta, stream. ARGV after, through, topic or ''. → the frames in (after, through], or nil.
 *
 * Answers only when it can prove that no frame is missing: the window is of this topic, the progress has reached
 * `through`, and the first entry above `after` follows something at or below `after`. When no entry is in the range,
 * the same holds for the first entry above `through`, or nothing above `after` was ever relayed.
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

/** Compares and sets a value of the state store. KEYS key. ARGV expected, value, ttl (ms) or ''. → 1 when it was set. */
export const REPLACE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`;

/** Writes a value of the state store again, so that WAIT waits for it. KEYS key. ARGV value. → 1 when it was there. */
export const CONFIRM = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
return 1
`;
