FROM debian
RUN tools
