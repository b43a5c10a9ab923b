"""The networks: each module has a plain NumPy `loss` and its hand-written `gradient`.

Both take the parameters and the data by name, the data being arrays and whatever else describes
the network (the name of an activation, a stride).
"""
