-- ARGV: run. Gives 1 where it was still going on.
return cancel_run(ARGV[1]) and 1 or 0
