/// Red, green and blue, 8 bits each.
struct Color: Sendable, Equatable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8

    init(_ hex: Int) {
        red = UInt8(truncatingIfNeeded: hex >> 16)
        green = UInt8(truncatingIfNeeded: hex >> 8)
        blue = UInt8(truncatingIfNeeded: hex)
    }

    /// The same class has the same colour on every picture; neighbours differ much.
    static func ofClass(_ classID: Int) -> Color {
        palette[Int(classID.magnitude % UInt(palette.count))]
    }

    /// Black or white, whichever reads better on this colour.
    var ofText: Color {
        let luma = (299 * Int(red) + 587 * Int(green) + 114 * Int(blue)) / 1000
        return Color(luma > 140 ? 0x000000 : 0xFFFFFF)
    }

    private static let palette = [
        0xE6_3946, 0x2A_9DF4, 0x3D_DC84, 0xFF_B703, 0x9B_5DE5, 0x00_C2A8, 0xFF_7F50, 0x1D_3FBB,
        0xC5_E01A, 0xF1_5BB5, 0x8D_5A2B, 0x5C_E1E6, 0x7A_0F3C, 0xB8_B8FF, 0x2E_6F40, 0xFF_D6A5,
    ].map { Color($0) }
}
