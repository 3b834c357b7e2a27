//! Serves "Hello world!" until it is killed: `responder [ADDRESS] [DELAY_NS] [CPU]`.

use std::error::Error;
use std::thread::park;

use timetrial_engine::responder::{Config, Delay, Responder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:8080".into()).parse()?;
    let delay = match arguments.next().map_or(Ok(0), |text| text.parse())? {
        0 => Delay::None,
        delay_ns => Delay::Constant { delay_ns },
    };
    let cpus = arguments.next().map(|cpu| cpu.parse()).transpose()?.into_iter().collect();
    let responder = Responder::start(Config { address, delay, cpus, ..Config::default() })?;
    println!("{}", responder.address());
    loop {
        park();
    }
}
