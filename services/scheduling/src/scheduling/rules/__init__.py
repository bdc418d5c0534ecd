"""Pure rules of what is due: dated legal rules, exam packages and the due check of one worker with its reasons."""
