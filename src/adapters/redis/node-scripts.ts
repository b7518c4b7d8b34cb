/**
 * The nodes that are present, in Lua. All keys are in one hash slot:
 *
 * | key      | type   | content                                                                       |
 * |----------|--------|-------------------------------------------------------------------------------|
 * | `nodes`  | string | `<id> <ms>` for each node, a line each: when it announced itself, by the server's clock |
 * | `<id>`   | string | the report of one node                                                         |
 *
 * All of them expire. Strings, because sorted sets and SCAN would need rights that users of Redis do not have yet.
 * After a failover the clock may be behind: what was announced more than the time to live ahead of it does not count.
 */
const PRESENT = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ttl = tonumber(ARGV[1])
local present = {}
for id, at in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%S+) (%d+)\\n') do
  if math.abs(now - tonumber(at)) < ttl then present[#present + 1] = { id, tonumber(at) } end
end
local function keep()
  local lines = {}
  for i, node in ipairs(present) do lines[i] = node[1] .. ' ' .. string.format('%.0f', node[2]) .. '\\n' end
  redis.call('SET', KEYS[1], table.concat(lines), 'PX', ttl)
end
local function others(own)
  local kept = {}
  for _, node in ipairs(present) do if node[1] ~= own then kept[#kept + 1] = node end end
  return kept
end
`;

/** KEYS nodes, report. ARGV ttl (ms), id, report, most nodes. → 1, or 0 when there are too many. */
export const ANNOUNCE = `${PRESENT}
present = others(ARGV[2])
if #present >= tonumber(ARGV[4]) then return 0 end
present[#present + 1] = { ARGV[2], now }
keep()
redis.call('SET', KEYS[2], ARGV[3], 'PX', ttl)
return 1
`;

/** KEYS nodes, report. ARGV ttl (ms), id. */
export const WITHDRAW = `${PRESENT}
present = others(ARGV[2])
keep()
redis.call('DEL', KEYS[2])
return 1
`;

/** KEYS nodes. ARGV ttl (ms), prefix of the keys of reports. → id, age (ms) and report of each node, one after the other. */
export const LIST = `${PRESENT}
local reply = {}
for _, node in ipairs(present) do
  local report = redis.call('GET', ARGV[2] .. node[1])
  if report then
    reply[#reply + 1] = node[1]
    reply[#reply + 1] = string.format('%.0f', math.max(0, now - node[2]))
    reply[#reply + 1] = report
  end
end
return reply
`;
