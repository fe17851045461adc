package mapping

import "github.com/expr-lang/expr/ast"

// mayBeNothing gives the part of an expression by which its result can be
// nothing (nil), as far as the expression shows it; nil when it does not.
func mayBeNothing(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.NilNode:
		return n
	case *ast.ConditionalNode:
		if at := mayBeNothing(n.Exp1); at != nil {
			return at
		}
		return mayBeNothing(n.Exp2)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return mayBeNothing(n.Right)
		}
	case *ast.ChainNode:
		return mayBeNothing(n.Node)
	case *ast.MemberNode:
		if n.Optional {
			return mayBeNothing(n.Node)
		}
	case *ast.VariableDeclaratorNode:
		return mayBeNothing(n.Expr)
	case *ast.SequenceNode:
		if len(n.Nodes) > 0 {
			return mayBeNothing(n.Nodes[len(n.Nodes)-1])
		}
	case *ast.BuiltinNode:
		switch n.Name { // those that find nothing where there is nothing
		case "find", "findLast", "get", "last":
			return n
		}
	}
	return nil
}
