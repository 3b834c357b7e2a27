//! Bytes and where they are cut, from one input: its first byte has the number of cuts, which are two
//! bytes each; the rest is what is cut.

const MOST_CUTS: u8 = 16;

/// Returns the bytes, and the same in pieces. None for an input that is too short.
pub fn cut(first: u8, rest: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let cuts = usize::from(first % MOST_CUTS) * 2;
    let (cuts, bytes) = rest.split_at_checked(cuts)?;
    let mut ends: Vec<usize> = cuts
        .chunks_exact(2)
        .map(|cut| usize::from(u16::from_le_bytes([cut[0], cut[1]])) % (bytes.len() + 1))
        .chain([bytes.len()])
        .collect();
    ends.sort_unstable();
    let mut begin = 0;
    let pieces = ends.iter().map(|&end| &bytes[std::mem::replace(&mut begin, end)..end]).collect();
    Some((bytes, pieces))
}
