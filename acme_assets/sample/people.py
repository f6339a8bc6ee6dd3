"""The people a generated customer may be called after.

Belongs here: the two lists and the full names made of them. Fewer combinations than a large delivery has customers, so
that names are shared by different customers; a few are not ASCII, so that a byte is not taken for a character.
"""

FIRST = tuple(
    """
    Ada Alan Amara Amir Ana Anders Anna Antonio Aoife Arjun Astrid Beatriz Bela Boris Bruno Camille Carla Carlos Chen
    Chloe Clara Conor Dana Daniel Daria Deepa Diego Dmitri Edith Elena Elif Emil Emma Erik Esther Eva Farah Felix Fiona
    Frida Gabriel Giulia Goran Grace Greta Hana Hassan Helga Henrik Hugo Ibrahim Ida Igor Ines Ingrid Irene Isaac Ivan
    Jana Jonas José Julia Kaito Karim Kenji Khadija Lara Lars Laura Leila Leon Lin Lucas Lucía Maja Marco Maria Martin
    Maya Mehmet Mila Milan Mina Nadia Naomi Nikola Nina Noah Nora Olga Oliver Omar Oscar Pablo Paula Petra Priya Rafael
    Rosa Ruth Sami Sara Selma Simon Sofia Stefan Tariq Teresa Tomas Vera Viktor Wanda Wei Yara Yuki Zoë
    """.split()  # noqa: SIM905 (a literal list would be a line a name)
)
LAST = tuple(
    """
    Abebe Adler Ahmed Almeida Andersen Aoki Bakker Balogun Barros Bauer Becker Berg Bianchi Boateng Bosch Carvalho
    Castillo Chavez Cohen Costa Dahl Das Diallo Dimitrov Dubois Eriksen Esposito Farouk Fernandes Fischer Fontaine
    Fraser Fujita Garcia Gill Greco Gupta Haddad Hansen Hartmann Herrera Hoang Horvat Ibarra Ivanov Jansen Jensen
    Joshi Kamau Kaplan Kaur Keller Khan Kim Klein Kovacs Kowalski Kumar Lambert Larsen Lehmann Lindgren Lopes Maier
    Mancini Marin Mendes Mensah Moreau Mori Müller Mwangi Nakamura Navarro Ndiaye Nguyen Nielsen Novak Obi Okafor
    Olsen Ortega Osei Park Pavlov Pereira Petrov Popescu Quispe Rahman Ramos Reyes Ricci Rossi Roy Ruiz Saito Santana
    Sato Schmidt Shah Silva Sokolov Suzuki Takeda Tanaka Tesfaye Torres Usman Vargas Vidal Virtanen Vogel Wagner Wang
    Weber Yamada Yilmaz Zhang Zimmer
    """.split()  # noqa: SIM905 (a literal list would be a line a name)
)
FULL_NAMES = tuple(f"{first} {last}" for first in FIRST for last in LAST)
