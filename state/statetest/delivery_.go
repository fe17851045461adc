package statetest

var deliveryCases = map[string]func(*bench){}
