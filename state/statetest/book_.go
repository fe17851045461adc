package statetest

var bookCases = map[string]func(*bench){}
