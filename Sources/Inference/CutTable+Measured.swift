// Written by `dynadetect bench --tune`; not by hand.

extension CutTable {
    /// Instruction set, element, way, window, stride, blocks in and out, height and width of
    /// the output: tiles or rows of an item, groups of an item.
    static let measured = """
        """
}
