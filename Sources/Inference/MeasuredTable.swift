/// What `bench --tune` measures and writes into a source file: a line an entry.
package protocol MeasuredTable: Equatable {
    /// What stands in a line, word by word; in lines of their own.
    static var columns: [String] { get }

    /// The lines of a text that are entries; all others are passed over.
    init(text: String)

    /// In order.
    var lines: [String] { get }
}

extension MeasuredTable {
    /// The file that holds what is built in.
    package static var fileName: String { "\(Self.self)+Measured.swift" }

    /// What that file shall say.
    package var source: String {
        """
        // Written by `dynadetect bench --tune`; not by hand.

        extension \(Self.self) {
        \(Self.columns.map { "    /// \($0)\n" }.joined())    static let measured = \"""

        """ + lines.map { "        \($0)\n" }.joined() + """
                    \"""
            }

            """
    }
}
