-- Usage: wrk … -s wrk_upload.lua URL -- BYTES
-- The request is put together once.
local prepare = wrk.init

wrk.init = function(arguments)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(arguments[1]))
  prepare(arguments)
  local whole = wrk.request()
  wrk.request = function() return whole end
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
    summary.requests, errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
