# The two commands are `make run` and `make test`; dev.py does the work and also runs without make.
.PHONY: run test check histories
run test check histories:
	@python3 dev.py $@ $(ARGS)
