-- ARGV: member, '+' or '-', reason.
local run, lesson = split(ARGV[1])
if open_lesson(run, lesson) and ARGV[2] == '-' then
  note_failure(ARGV[1], '', ARGV[3])
end
end_lesson(ARGV[1], ARGV[2])
close_run(run)
return 1
