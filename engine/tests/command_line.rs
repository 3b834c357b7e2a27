//! The command `engine`: the real program as client and as server.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use timetrial_engine::responder::SelfSigned;

fn engine(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    engine(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A running `engine respond`.
struct Server {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let mut command = engine(&[&["respond", "--listen", "127.0.0.1:0"], options].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        output.read_line(&mut address).unwrap();
        Self { child, output, address: address.trim().to_owned() }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Interrupts it and returns its last output.
    fn stop(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn both_sides_count_the_same_requests() {
    let server = Server::start(&["--json"]);
    let url = server.url();
    let load = output(&["load", &url, "-c", "4", "-n", "500", "--json"]);
    assert_eq!(load.status.code(), Some(0), "{load:?}");
    let (load, record) = (json(&load), server.stop());
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(load["requests"]["ok"], 500);
    assert_eq!(load["requests"]["arrivals"], 500);
    assert_eq!(load["statuses"]["200"], 500);
    assert_eq!(load["response_time"]["count"], 500);
    assert_eq!((&record["requests"], &record["responses"]), (&load["requests"]["ok"], &500.into()));
}

#[test]
fn an_open_load_has_as_many_requests_as_were_due() {
    let server = Server::start(&["--delay", "constant:5ms", "--receipt", "kernel"]);
    let arguments =
        ["--rate", "200", "--arrival", "constant", "-d", "500ms", "--json", "--backend", "epoll"];
    let load = json(&output(&[&["load", &server.url()], &arguments[..]].concat()));
    assert_eq!(load["requests"]["ok"], 100);
    assert!(load["response_time"]["min_ns"].as_u64().unwrap() >= 5_000_000);
    assert!(server.stop().starts_with("100 responses to 100 requests on "));
}

#[test]
fn the_result_is_a_table_for_people() {
    let server = Server::start(&[]);
    let load = output(&["load", &server.url(), "-n", "100", "--pipeline", "4", "--threads", "2"]);
    let said = text(&load.stdout);
    for part in ["throughput ", "100 correct responses", "p99.9", "response time ", "own lateness "]
    {
        assert!(said.contains(part), "{part:?} in {said}");
    }
    assert!(said.ends_with("no failures in 100 requests\n"), "{said}");
    assert_eq!(text(&load.stderr), "");
}

#[test]
fn a_responder_ends_by_itself_after_its_time() {
    let ended = output(&["respond", "--listen", "[::1]:0", "-d", "50ms", "--json"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let said = text(&ended.stdout);
    let (address, record) = said.split_once('\n').unwrap();
    assert!(address.starts_with("[::1]:"));
    assert_eq!(serde_json::from_str::<Value>(record).unwrap()["requests"], 0);
}

#[test]
fn unexpected_responses_are_failures() {
    let server = Server::start(&["--body", "yes"]);
    let url = server.url();
    let wrong = output(&["load", &url, "-n", "10", "--expect-body", "no"]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(text(&wrong.stdout).ends_with("10 of 10 requests failed: 10 wrong body\n"));
    let wrong = output(&["load", &url, "-n", "10", "--expect-status", "404", "--json"]);
    assert_eq!(json(&wrong)["requests"]["wrong_status"], 10);
    let right = output(&["load", &url, "-n", "10", "--expect-body", "yes", "--fresh"]);
    assert_eq!(right.status.code(), Some(0), "{right:?}");
}

#[test]
fn method_headers_and_body_are_what_is_sent() {
    let server = Server::start(&[]);
    let url = server.url();
    let arguments = ["-n", "5", "-X", "POST", "-H", "Expect: 100-continue", "--body", "book=7"];
    let load = output(&[&["load", &url], &arguments[..]].concat());
    assert_eq!(load.status.code(), Some(0), "{load:?}");
}

#[test]
fn an_interrupted_load_tells_what_it_has_measured() {
    let server = Server::start(&["--delay", "constant:1ms"]);
    let url = server.url();
    let load =
        engine(&["load", &url, "-d", "1h", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    kill_process(Pid::from_child(&load), Signal::INT).unwrap();
    let load = load.wait_with_output().unwrap();
    assert_eq!(load.status.code(), Some(130));
    assert!(json(&load)["requests"]["ok"].as_u64().unwrap() > 0);
}

#[test]
fn a_stop_of_the_program_is_its_own_and_no_timeout_of_the_server() {
    let server = Server::start(&[]);
    let arguments = ["-d", "600ms", "--timeout", "100ms", "-c", "8", "--json"];
    let load = engine(&[&["load", &server.url()], &arguments[..]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pause = |ms| std::thread::sleep(std::time::Duration::from_millis(ms));
    pause(200);
    kill_process(Pid::from_child(&load), Signal::STOP).unwrap();
    pause(250);
    kill_process(Pid::from_child(&load), Signal::CONT).unwrap();
    let load = load.wait_with_output().unwrap();
    let data = json(&load);
    assert!(data["generator_gaps"]["largest_ns"].as_u64().unwrap() > 150_000_000, "{data}");
    assert_eq!(data["requests"]["timeout"], 0, "{data}");
    assert_eq!(load.status.code(), Some(0));
}

#[test]
fn without_a_request_there_is_no_figure_and_no_success() {
    let server = Server::start(&[]);
    let load = output(&["load", &server.url(), "--rate", "0.01", "-d", "50ms", "--json"]);
    assert_eq!(load.status.code(), Some(3), "{load:?}");
    let data = json(&load);
    assert_eq!(
        (&data["response_time"]["count"], &data["requests"]["arrivals"]),
        (&0.into(), &0.into())
    );
    for durations in ["response_time", "service_time", "own_lateness", "connect_time"] {
        assert!(data[durations]["p50_ns"].is_null() && data[durations]["min_ns"].is_null());
    }
}

#[test]
fn https_needs_an_authority_of_ones_own_or_of_the_system_or_none() {
    let file = std::env::temp_dir().join(format!("engine-ca-{}.pem", std::process::id()));
    let name = file.to_str().unwrap();
    let server = Server::start(&["--tls", name]);
    let url = server.url().replace("http:", "https:");
    let load = |more: &[&str]| engine(&[&["load", &url, "-n", "10", "-c", "2"], more].concat());
    assert_eq!(load(&["--ca", name]).status().unwrap().code(), Some(0));
    assert_eq!(load(&["--insecure"]).status().unwrap().code(), Some(0));
    let by_system = load(&[]).env("SSL_CERT_FILE", name).status().unwrap();
    assert_eq!(by_system.code(), Some(0));
    std::fs::write(&file, SelfSigned::make().unwrap().authority_pem).unwrap();
    let by_another = load(&["-d", "200ms"]).env("SSL_CERT_FILE", name).output().unwrap();
    assert_eq!(by_another.status.code(), Some(3), "{by_another:?}");
    std::fs::remove_file(&file).unwrap();
    let by_none = load(&[]).env("SSL_CERT_FILE", name).env("SSL_CERT_DIR", name).output().unwrap();
    assert_eq!(by_none.status.code(), Some(2));
    assert!(text(&by_none.stderr).contains("this system has no certificates of authorities"));
}

#[test]
fn bad_input_is_one_sentence_and_exit_code_2() {
    let url = "http://127.0.0.1:9/";
    for (arguments, problem) in [
        (&["load"][..], "<URL>"),
        (&["load", "127.0.0.1:9"], "has no scheme; did you mean"),
        (&["load", "ftp://127.0.0.1/"], "only http:// and https:// URLs can be loaded"),
        (&["load", "http://192.0.2.1/"], "192.0.2.1 is not this machine"),
        (&["load", "http://no.such.host.invalid/"], "cannot be found"),
        (&["load", "http://me:secret@127.0.0.1:9/"], "send them by --header"),
        (&["load", url, "-c", "0"], "invalid value '0' for '--connections <CONNECTIONS>'"),
        (&["load", url, "-d", "soon"], "\"soon\" is no duration; examples are 10s, 500ms, 2m"),
        (&["load", url, "-r", "fast"], "\"fast\" is no rate"),
        (&["load", url, "--seed", "1"], "--rate <RATE>"),
        (&["load", url, "-r", "1", "-n", "1"], "cannot be used with"),
        (&["load", url, "--timeout", "0s"], "a timeout of 0 leaves no time"),
        (&["load", url, "-X", "GE T"], "\"GE T\" is no method"),
        (&["load", url, "-H", "nothing"], "\"nothing\" is no header"),
        (&["load", url, "-H", "Content-Length: 7"], "but the body has 0 bytes"),
        (&["load", url, "--backend", "kqueue"], "allowed are auto, epoll, io_uring"),
        (&["load", url, "--insecure"], "--ca and --insecure are for https:// URLs"),
        (&["load", "https://localhost:9/", "--ca", "/none"], "--ca /none cannot be read"),
        (&["load", url, "--cpus", "9-1"], "\"9-1\" is no set of CPUs"),
        (&["load", url, "--cpus", "5000"], "the load cannot be driven: no CPU 5000"),
        (&["load", url, "--colour"], "unexpected argument '--colour' found"),
        (&["respond", "--listen", "localhost"], "invalid address \"localhost\""),
        (&["respond", "--delay", "long"], "\"long\" is no delay; examples are none, constant:5ms"),
        (&["respond", "--delay", "lognormal:1ms,-1"], "sigma -1"),
        (&["respond", "--listen", "192.0.2.1:80"], "the responder cannot be started"),
        (&["race"], "unrecognized subcommand 'race'"),
        (&[], "engine --help"),
    ] {
        let refused = output(arguments);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(problem), "{arguments:?}: {said}");
        assert!(said.starts_with("engine: ") && said.trim_end().lines().count() == 1, "{said}");
        assert_eq!(text(&refused.stdout), "");
    }
}

#[test]
fn help_names_every_verb() {
    let help = output(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("load ") && text(&help.stdout).contains("respond "));
}
