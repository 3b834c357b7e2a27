once="timetrial run quick --benchmarks json_query --servers uvicorn,gunicorn-gthread --rounds 4 --no-control"
for run in 1 2 3 4; do $once --with django==4.2.16; done
for run in 5 6 7 8; do $once; done
