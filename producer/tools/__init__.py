"""What an author tries out: say, explain, retake, words, doctor, convert."""
