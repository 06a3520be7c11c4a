FROM debian AS common
RUN apt-get install common
FROM common
COPY web /
