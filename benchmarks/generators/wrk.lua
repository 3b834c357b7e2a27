-- Usage: wrk … -s wrk.lua URL -- DEPTH
-- The requests of a batch are put together once. A global `request` function would be called for
-- each batch, which makes wrk slower than it has to be.
local prepare = wrk.init

wrk.init = function(arguments)
  prepare(arguments)
  local batch = wrk.request():rep(tonumber(arguments[1]))
  wrk.request = function() return batch end
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
    summary.requests, errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
