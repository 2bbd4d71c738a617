-- Does in Neovim what a person would, step by step as $PLAN says in JSON, and writes what came of it to $RESULT.

-- Run before the set-up and after it; the first time only notes, from then on, which version of a text the server has checked last.
if not _G.checked then
  _G.checked = {}
  local publish = vim.lsp.handlers["textDocument/publishDiagnostics"]
  vim.lsp.handlers["textDocument/publishDiagnostics"] = function(why, result, ...)
    publish(why, result, ...)
    _G.checked[vim.uri_to_bufnr(result.uri)] = result.version
  end
  return
end

local LONG = 60000

local function await(what, condition)
  if not vim.wait(LONG, condition, 20) then
    error("in vain waited for " .. what)
  end
end

-- Puts the cursor where a text stands; `^` in it is the place itself, else its beginning.
local function go(text)
  local mark = text:find("^", 1, true) or 1
  local plain = text:gsub("%^", "")
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = line:find(plain, 1, true)
    if at then
      vim.api.nvim_win_set_cursor(0, { number, at + mark - 2 })
      return
    end
  end
  error("there is no " .. plain)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local function ask(method)
  local parameters = vim.lsp.util.make_position_params(0, "utf-16")
  local answers = vim.lsp.buf_request_sync(0, method, parameters, LONG)
  for _, answer in pairs(answers or {}) do
    return answer.result or answer.err
  end
  error("no answer to " .. method)
end

local home = vim.api.nvim_get_current_buf()
local steps = {}

-- What is underlined, once the server has seen the newest text.
function steps.findings(step)
  local function shown()
    return vim.tbl_map(function(one)
      return { one.lnum + 1, one.col + 1, one.source, one.message }
    end, vim.diagnostic.get(0))
  end
  await(step.count .. " findings", function()
    -- A text that is as it was opened has whatever version it was opened with.
    local version = _G.checked[home]
    local newest = vim.bo[home].modified and vim.api.nvim_buf_get_changedtick(home) or version
    return version ~= nil and version == newest and #shown() == step.count
  end)
  return shown()
end

function steps.hover(step)
  go(step.at)
  local before = #vim.api.nvim_list_wins()
  vim.lsp.buf.hover()
  await("a window", function()
    return #vim.api.nvim_list_wins() > before
  end)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      vim.api.nvim_win_close(window, true)
      return table.concat(lines, "\n")
    end
  end
end

function steps.definition(step)
  go(step.at)
  local from = vim.api.nvim_win_get_cursor(0)
  vim.lsp.buf.definition()
  await("another place", function()
    return not vim.deep_equal(from, vim.api.nvim_win_get_cursor(0)) or vim.api.nvim_get_current_buf() ~= home
  end)
  return vim.api.nvim_get_current_line()
end

-- Names that are offered in place of `^`, with what is there already.
function steps.complete(step)
  local before = text()
  local written = step.write:gsub("%^", "")
  go(step.at)
  vim.api.nvim_set_current_line(written)
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_win_get_cursor(0)[1], step.write:find("^", 1, true) - 1 })
  local answer = ask("textDocument/completion")
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(before, "\n"))
  return vim.tbl_map(function(item)
    return item.label
  end, answer.items or answer)
end

-- Chooses a code action by its title, and waits until it has done something.
function steps.action(step)
  go(step.at)
  local titles
  vim.ui.select = function(items, options, choose)
    titles = vim.tbl_map(options.format_item, items)
    for index, title in ipairs(titles) do
      if title == step.title then
        choose(items[index], index)
      end
    end
  end
  local before, here = text(), vim.api.nvim_get_current_buf()
  vim.lsp.buf.code_action()
  await("actions", function()
    return titles
  end)
  if step.title then
    await("what the action does, of " .. vim.inspect(titles), function()
      return text() ~= before or vim.api.nvim_get_current_buf() ~= here
    end)
  end
  local shown = vim.api.nvim_buf_get_name(0)
  local first = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
  vim.api.nvim_set_current_buf(home)
  return { titles = titles, shown = shown, first = first }
end

function steps.symbols()
  vim.fn.setqflist({})
  vim.lsp.buf.document_symbol()
  await("an outline", function()
    return #vim.fn.getqflist() > 0 or #vim.fn.getloclist(0) > 0
  end)
  local found = vim.fn.getqflist()
  if #found == 0 then
    found = vim.fn.getloclist(0)
  end
  vim.cmd("silent! cclose | silent! lclose")
  return vim.tbl_map(function(one)
    return one.text
  end, found)
end

function steps.replace(step)
  local before = text()
  local at, last = before:find(step.from, 1, true)
  local after = before:sub(1, at - 1) .. step.to .. before:sub(last + 1)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(after, "\n"))
  return vim.NIL
end

function steps.text()
  return text()
end

vim.opt.hidden = true
vim.opt.swapfile = false
local done = {}
local ok, why = pcall(function()
  await("the server", function()
    return #vim.lsp.buf_get_clients(0) > 0
  end)
  for _, step in ipairs(vim.json.decode(vim.env.PLAN)) do
    table.insert(done, steps[step.step](step))
  end
end)
local file = assert(io.open(vim.env.RESULT, "w"))
file:write(vim.json.encode({ done = done, why = ok and vim.NIL or tostring(why) }))
file:close()
vim.cmd("qall!")
