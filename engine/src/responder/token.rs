//! The token of a request, which the response repeats.

/// The query parameter `token`, as it was sent. Empty if there is none.
pub fn token_of(target: &str) -> &str {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|parameter| parameter.strip_prefix("token=")).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_parameters() {
        assert_eq!(token_of("/?token=17"), "17");
        assert_eq!(token_of("/a?b=c&token=x%20y&d=e"), "x%20y");
        assert_eq!(token_of("/?token="), "");
        assert_eq!(token_of("/token=1"), "");
        assert_eq!(token_of("/?mytoken=1"), "");
    }
}
