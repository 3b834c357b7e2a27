once="timetrial run quick --benchmarks json_query --servers uvicorn,gunicorn-gthread --rounds 3 --no-control"
for version in 1 2 3 4; do $once; done
for version in 5 6 7; do $once --with django==5.2.7; done
