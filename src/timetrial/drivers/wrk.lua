-- Usage: wrk … -s wrk.lua URL -- BATCHES
-- BATCHES is a Lua file that returns a list of strings, each as many requests as are in flight at
-- once on a connection. With a single one wrk asks for it once; a global `request` function would
-- make it ask each time, which costs throughput, so there is one only where batches take turns.
-- At the end, one line of JSON says all that wrk knows; times are in microseconds.
local ffi = require("ffi")

ffi.cdef([[
typedef struct { uint64_t count, limit, min, max, data[1]; } wrk_stats;
]])

wrk.init = function(arguments)
  local batches = dofile(arguments[1])
  local turn = 0
  local function next_batch()
    turn = turn % #batches + 1
    return batches[turn]
  end
  wrk.request = next_batch
  if #batches > 1 then
    request = next_batch
  end
end

-- wrk's own face gives one bucket after the other, each by a search from the start; the table
-- behind it is read in one pass, after a check that it is the one that is meant.
local function buckets(face)
  local stats = ffi.cast("wrk_stats **", face)[0]
  local found = {}
  local minimum, maximum = tonumber(stats.min), tonumber(stats.max)
  if #face > 0 then
    assert(minimum == face.min and maximum == face.max, "the histogram of this wrk is not known")
    for value = minimum, maximum do
      local count = tonumber(stats.data[value])
      if count > 0 then
        found[#found + 1] = string.format("[%d,%d]", value, count)
      end
    end
    assert(#found == #face, "the histogram of this wrk is not known")
  end
  return table.concat(found, ",")
end

local function percentiles(face)
  local found = {}
  for percent = 1, 99 do
    found[#found + 1] = string.format('"%d":%d', percent, face:percentile(percent))
  end
  for _, percent in ipairs({ "99.9", "99.99", "99.999" }) do
    found[#found + 1] = string.format('"%s":%d', percent, face:percentile(tonumber(percent)))
  end
  return table.concat(found, ",")
end

local function moments(face)
  return string.format('"min":%d,"max":%d,"mean":%.3f,"stdev":%.3f',
    face.min, face.max, face.mean, face.stdev)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local empty = #latency == 0
  io.write("\n", string.format(
    '{"duration":%d,"requests":%d,"bytes":%.0f,"errors":{"connect":%d,"read":%d,"write":%d,'
    .. '"status":%d,"timeout":%d},"latency":{%s},"percentiles":{%s},"rate":{%s},"buckets":[%s]}',
    summary.duration, summary.requests, summary.bytes, errors.connect, errors.read, errors.write,
    errors.status, errors.timeout, empty and "" or moments(latency),
    empty and "" or percentiles(latency), #requests == 0 and "" or moments(requests),
    buckets(latency)), "\n")
end
