internal import CBuiltInModel
package enum Service {}
