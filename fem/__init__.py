"""Finite-element physics of ions, potential and light in polycrystalline perovskite films.

Governing equations (per species k, charge number z, at temperature T with thermal voltage V_T = kT/e)::

    div J_k = - dc_k/dt,      J_k = - D_k c_k grad(mu_k / kT),       D_k = D0_k exp(-E_a,k(r) / kT)
    mu_k / kT = ln c_k + z_k phi / V_T + E_seg,k(r) / kT - ln(1 - sum(c) / N)
    - div(eps grad phi) = e (sum_k z_k c_k + q(r))

Public nouns live in :mod:`fem.physics` (Species, Material, Contact, drives, Light), :mod:`fem.model`
(PoissonNernstPlanck), :mod:`fem.evolve` (evolve), :mod:`fem.scenario` (Scenario) and :mod:`fem.results`.
"""
