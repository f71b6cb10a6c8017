"""Writes a QGIS project by QGIS itself; run by the system's Python, which has it.

Arguments: file to write, connection string, then `table:GeometryType` each.
"""

import sys

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
path, connection, *tables = sys.argv[1:]
project = QgsProject.instance()
for table in tables:
    name, kind = table.split(":")
    source = (
        f"{connection} key='code' estimatedmetadata=true srid=4326 type={kind} "
        f'checkPrimaryKeyUnicity=\'0\' table="public"."{name}" (geom)'
    )
    layer = QgsVectorLayer(source, name, "postgres")
    if not layer.isValid():
        sys.exit(f"{name}: {layer.error().message()}")
    layer.setShortName(name)
    project.addMapLayer(layer)
    project.writeEntry("WFSLayersPrecision", "/" + layer.id(), 15)
project.writeEntry("WFSLayers", "/", list(project.mapLayers()))
project.setCrs(layer.crs())
project.write(path)
application.exitQgis()
