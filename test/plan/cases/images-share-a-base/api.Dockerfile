FROM debian AS base
RUN apt-get install common
FROM base
COPY api /
