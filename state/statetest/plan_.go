package statetest

var planCases = map[string]func(*bench){}
