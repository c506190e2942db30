//! The operations that need several commands in one step.

use redis::Script;

/// Replaces the expected value. A sealed value is never empty: an empty one means that none is set.
const REPLACE: &str = r"
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
";

/// Counts a request for all rates or for none. Times are in microseconds, which a double holds
/// exactly until the year 2255.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local restored = {}
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local at = tonumber(redis.call('GET', key) or '') or 0
  at = math.min(math.max(at, now), now + burst) + interval
  if at > now + burst then return {i, at - now - burst} end
  restored[i] = at
end
for i, key in ipairs(KEYS) do
  local life = math.ceil((restored[i] - now) / 1000) + 1
  redis.call('SET', key, string.format('%.0f', restored[i]), 'PX', life)
end
return {0, 0}
";

/// The scripts. Redis compiles each once.
pub(crate) struct Scripts {
    pub(crate) replace: Script,
    pub(crate) take: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            replace: Script::new(REPLACE),
            take: Script::new(TAKE),
        }
    }
}
