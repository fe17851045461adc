package statetest

var caseCases = map[string]func(*bench){}
