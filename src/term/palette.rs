//! xterm's palette of 256 colours, as its default values: 16 named colours, a 6×6×6 cube, 24 greys.

/// A colour: red, green, blue.
pub type Rgb = (u8, u8, u8);

/// The sixteen of ECMA-48 and aixterm.
const SIXTEEN: [Rgb; 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// The colour of an entry.
pub fn palette(index: u8) -> Rgb {
    if let Some(named) = SIXTEEN.get(usize::from(index)) {
        return *named;
    }
    if index >= 232 {
        let grey = 8 + (index - 232) * 10;
        return (grey, grey, grey);
    }
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    let cube = index - 16;
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

#[cfg(test)]
mod tests {
    use super::palette;

    #[test]
    fn the_corners_are_xterms() {
        let corners = [(1, (205, 0, 0)), (16, (0, 0, 0)), (17, (0, 0, 95)), (231, (255, 255, 255)), (232, (8, 8, 8))];
        for (index, colour) in corners {
            assert_eq!(palette(index), colour, "{index}");
        }
        assert_eq!(palette(255), (238, 238, 238));
    }
}
