"""What a plan would be under other rules: rules that clash, what each rule costs."""
