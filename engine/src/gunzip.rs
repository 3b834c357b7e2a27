//! Bodies that were compressed by gzip (RFC 1952), decompressed as they arrive and never held.

use std::io::Write;

use flate2::write::GzDecoder;

/// So much is decompressed at once: a little can stand for a thousand times as much.
const STEP_BYTES: usize = 1024;

/// Decompresses one body, whose bytes may be cut anywhere.
#[derive(Debug)]
pub struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    is_broken: bool,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self { decoder: GzDecoder::new(vec![]), is_broken: false }
    }
}

impl Gunzip {
    /// Passes what a piece stands for to `take`.
    pub fn feed(&mut self, piece: &[u8], take: &mut impl FnMut(&[u8])) {
        for step in piece.chunks(STEP_BYTES) {
            // Bytes behind the end are an error, too.
            self.is_broken = self.is_broken || self.decoder.write_all(step).is_err();
            self.pass(take);
        }
    }

    /// The body has ended. Returns whether it was whole, and had the checksum that it tells.
    pub fn end(mut self, take: &mut impl FnMut(&[u8])) -> bool {
        let is_whole = !self.is_broken && self.decoder.try_finish().is_ok();
        self.pass(take);
        is_whole
    }

    fn pass(&mut self, take: &mut impl FnMut(&[u8])) {
        let made = self.decoder.get_mut();
        if !made.is_empty() {
            take(made);
            made.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use flate2::Compression;
    use proptest::prelude::*;

    fn packed(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    /// What the pieces stand for; None if they are no whole body.
    fn unpacked<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
        let mut all = vec![];
        let mut take = |made: &[u8]| all.extend_from_slice(made);
        let mut gunzip = Gunzip::default();
        for piece in pieces {
            gunzip.feed(piece, &mut take);
        }
        gunzip.end(&mut take).then_some(all)
    }

    #[test]
    fn little_that_stands_for_much_is_not_held() {
        let packed = packed(&vec![0; 20_000_000]);
        let (mut total, mut most) = (0, 0);
        let mut take = |made: &[u8]| {
            total += made.len();
            most = most.max(made.len());
        };
        let mut gunzip = Gunzip::default();
        gunzip.feed(&packed, &mut take);
        assert!(gunzip.end(&mut take));
        assert!(total == 20_000_000 && most < 3_000_000, "{total} {most}");
    }

    #[test]
    fn what_is_cut_goes_on_or_is_none_is_no_body() {
        let whole = packed(b"Hello world!");
        assert_eq!(unpacked([&whole[..]]), Some(b"Hello world!".to_vec()));
        for cut in 0..whole.len() {
            assert_eq!(unpacked([&whole[..cut]]), None, "cut after {cut}");
        }
        let longer = [&whole[..], b"!"].concat();
        assert_eq!(unpacked([&longer[..]]), None);
        assert_eq!(unpacked([&b"Hello world!"[..]]), None);
        let mut other = whole.clone();
        let sum_at = other.len() - 8;
        other[sum_at] ^= 1;
        assert_eq!(unpacked([&other[..]]), None);
    }

    proptest! {
        #[test]
        fn a_body_is_the_same_wherever_it_is_cut(
            body in prop::collection::vec(any::<u8>(), 0..300), size in 1..40_usize
        ) {
            prop_assert_eq!(unpacked(packed(&body).chunks(size)), Some(body));
        }
    }
}
