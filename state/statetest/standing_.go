package statetest

var standingCases = map[string]func(*bench){}
